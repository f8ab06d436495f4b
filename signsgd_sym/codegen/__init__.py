"""From derived expressions to source code: stable rewriting, a vector form, and one file per target."""
