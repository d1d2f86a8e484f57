"""What can be derived and rebuilt: projections, backends, queries."""
