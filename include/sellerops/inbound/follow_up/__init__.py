"""After the confirmation: shipments are followed until closed, deadlines and differences announced."""
