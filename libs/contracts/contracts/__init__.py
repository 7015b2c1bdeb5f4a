"""What Trivet's services say to each other: types only, no input or output."""
