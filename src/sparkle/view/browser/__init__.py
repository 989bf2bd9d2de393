"""The browser viewer: a small server, pages of plain HTML and JavaScript, nothing from anywhere else."""
