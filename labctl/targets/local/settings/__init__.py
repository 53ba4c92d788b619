"""What the processes are given: settings of the service, and the switches that are on."""
