"""--mesh: namespace and pods prepared for the proxies of a service mesh."""
