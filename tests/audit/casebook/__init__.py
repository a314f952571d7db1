"""The case book: what the law of frequency says of visits that people can picture, in plain words with dates."""
