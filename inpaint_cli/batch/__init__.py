"""Many photos: which ones, which masks, to where; in workers; what is done already; what became of them."""
