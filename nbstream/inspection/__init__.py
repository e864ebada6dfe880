"""What came over the network, recorded for those who ask."""
