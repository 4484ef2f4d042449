"""What rules and mechanisms mean, in sentences: by the ids that verdicts carry."""
