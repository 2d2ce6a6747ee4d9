"""What is decided about services that run on Node, and sites that Node builds."""
