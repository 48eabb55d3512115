"""How Sphinx makes the site; `website.site` gives it the pages."""

project = "nnlib"
html_title = "nnlib"
language = "en"
root_doc = "index"
suppress_warnings = ["misc.highlighting_failure"]  # code in the docs may hold an ellipsis …

extensions = ["myst_nb", "website.formulas"]
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 3

html_theme = "furo"
html_theme_options = {"navigation_with_keys": True}
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("film.js", {"defer": "defer"})]
html_copy_source = False
html_show_copyright = False
html_show_search_summary = False  # it would be fetched, which file:// forbids
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
