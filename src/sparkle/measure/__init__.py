"""What pictures tell without a model: colours, regions, rest and movement. Pure arrays."""
