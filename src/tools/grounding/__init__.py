"""What a source grounds: candidates made of its facts, and checks that hold records to them."""
