"""Every page of the running demonstration as every role, saved as pictures and looked over."""
