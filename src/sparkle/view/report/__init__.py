"""The report of a run as one page that needs nothing else: charts as SVG, moving pictures inside it, no scripts."""
