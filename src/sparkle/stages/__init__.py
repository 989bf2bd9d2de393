"""The paper's five stages, one file each, in the order of work; animation is the second half of stage 3."""
