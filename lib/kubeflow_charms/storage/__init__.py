"""Object stores that speak S3: how a charm reaches one, and serves one."""
