"""What Sluice is measured beside; each peer is a program of its own."""
