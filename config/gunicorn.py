"""How gunicorn serves a clinic: `gunicorn --config config/gunicorn.py config.wsgi`, behind a proxy."""

bind = "127.0.0.1:8000"
workers = 2
worker_class = "gthread"
threads = 4
# The checks of the start run once, and a refusal ends gunicorn itself.
preload_app = True
graceful_timeout = 20
# The proxy waits for slow people; a request that takes longer than this is stuck.
timeout = 30
keepalive = 75
limit_request_line = 2048
limit_request_fields = 50
umask = 0o077
control_socket_disable = True
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.JSONLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False}},
}
