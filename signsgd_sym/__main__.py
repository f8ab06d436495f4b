"""`python -m signsgd_sym`."""

from signsgd_sym.cli import main

if __name__ == "__main__":
    main()
