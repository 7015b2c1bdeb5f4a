"""One thread, many requests: the loop, its greenlets, and HTTP/1.1 on top of them."""
