"""What stands in more than one place: furniture, facades, farm buildings, fires, boats, lamps."""
