"""Where stored bytes live. `local` is a folder of this machine; a store elsewhere is another module with its port."""
