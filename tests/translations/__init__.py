"""Languages: what there is to translate, files for translators, and what is checked of theirs."""
