"""What convinces others: verdicts, reports, and evidence that does not run out."""
