"""After the confirmation: follows shipments until they are closed; announces deadlines and differences."""
