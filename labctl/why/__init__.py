"""What is wrong with the running lab: gathered once, looked at by small independent rules, ranked by cause."""
