"""Every widget of the course as a reader sees it: sheets of pictures taken in a real JupyterLab.

`python -m gallery` makes them, to be looked at after a change of style, layout or matplotlib.
Like the tests' pages, it needs Chromium and the `dev` extra, and changes nothing of the course.
"""
