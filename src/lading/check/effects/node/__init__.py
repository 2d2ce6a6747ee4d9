"""Node's package managers: what they make of `node_modules`, and what builds leave."""
