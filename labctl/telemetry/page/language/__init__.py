"""The query language of the page: its words, the SQL of its terms, and what completes a query that is being typed."""
