"""Heavy work in processes of its own: the server asks, a worker answers.

The server's side is pool, process, plans, shelf and renderer; the worker's is worker, analyst and camera. They share
the words of `tasks` and the frames of `wire`, so that what the server loads never imports numpy, numba or Pillow.
"""
