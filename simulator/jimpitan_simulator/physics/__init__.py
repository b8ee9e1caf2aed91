"""What sensors of a box really give: raw streams with honest noise, drawn from named ranges."""
