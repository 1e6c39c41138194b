"""Every page a patient can reach: what can he see is answered by reading this folder."""
