"""The course as web pages: a static site that needs no Python, and the whole course in JupyterLite.

It reads the labs, the exercises and the docs, and changes none of them. `python -m website`
builds; nothing else imports this package.
"""
