"""The viewer's page: what the lab knows, to be looked at in a browser.

`static/` is the page itself, ES modules without a build step; the modules beside it answer what it asks. It is served by the
viewer's own HTTP server and not by an ASGI one: that would take more time to start and more memory (docs/page.md), and the
limits on hostile input would have to be built a second time. All of it is imported when the first page is opened, so a viewer
that nobody looks at does not pay for it.
docs/page.md says how a view is made.
"""
