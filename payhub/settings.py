"""The one settings file. Everything that differs between places comes from the environment (.env.example)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from payhub.env import env_bool, env_database, env_int, env_list, env_str

BASE_DIR = Path(__file__).resolve().parent.parent

# What differs between places -------------------------------------------------------------------------------------
SECRET_KEY = env_str("SECRET_KEY")
DEBUG = False
PAYHUB_DEMO = env_bool("PAYHUB_DEMO")  # plain http, test-mode banner, links to the sandbox
PAYHUB_SANDBOX_URL = env_str("PAYHUB_SANDBOX_URL", "").rstrip("/")  # the demo's: its tour plays faults there
PAYHUB_BASE_URL = env_str("PAYHUB_BASE_URL").rstrip("/")  # every address that we hand out starts with it
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS")
BEHIND_PROXY = env_bool("BEHIND_PROXY")  # ours: it sets X-Forwarded-Proto and appends to X-Forwarded-For
PAYHUB_VAULT_KEYS = env_list("PAYHUB_VAULT_KEYS")  # Fernet keys; the first seals, all open
DATABASES = {
    "default": {
        **env_database("DATABASE_URL"),
        "CONN_MAX_AGE": env_int("DATABASE_CONN_MAX_AGE_S", 600),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=30s"},
    }
}
REDIS_URL = env_str("REDIS_URL")
METRICS_TOKEN = env_str("METRICS_TOKEN", "")  # who brings it sees /metrics; empty: nobody does

# Django ----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "payhub",
    "payhub.merchants",
    "payhub.trail",
    "payhub.outbox",
    "payhub.review",
    "payhub.dashboard",
    "cashier",
    "orders",
    "reconciliation",
    "django.contrib.humanize",
]
MIDDLEWARE = [
    "payhub.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "payhub.language.LanguageChoiceMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "payhub.urls"
WSGI_APPLICATION = "payhub.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"counter": "cashier.web.filters", "dashboard": "payhub.dashboard.tags"},
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["payhub.roles.RoleBackend"]
EMAIL_HOST = env_str("EMAIL_HOST", "")
EMAIL_PORT = env_int("EMAIL_PORT", 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env_str("EMAIL_HOST_USER", ""), env_str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
DEFAULT_FROM_EMAIL = env_str("EMAIL_FROM", "payhub@localhost")
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/m/"
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "payhub",
        "OPTIONS": {
            # JSON, never pickle: whoever can write to Redis must not run code here.
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 1,
        },
    }
}

# Words and time --------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env_str("TIME_ZONE", "Asia/Shanghai")  # what people see; rows and messages are UTC
USE_TZ = True

# Static files ----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env_str("STATIC_ROOT", "") or None  # where `collectstatic` puts them for a proxy
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # no collectstatic needed to run
WHITENOISE_AUTOREFRESH = False

# The browser's protections ---------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
# Whoever does nothing for so long signs in again; every request of somebody signed in begins the time anew.
SESSION_COOKIE_AGE = env_int("SESSION_IDLE_S", 1800)
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = not PAYHUB_DEMO
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"  # a word after a click needs no session
COOKIE_PREFIX = "" if PAYHUB_DEMO else "__Host-"  # browsers keep such a cookie only over https, for this host alone
CSRF_FAILURE_VIEW = "payhub.error_pages.csrf_failure"
if not PAYHUB_DEMO:
    SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked from inside, by plain http
    SECURE_HSTS_SECONDS = 31_536_000
    # Whether all subdomains are ours, and https for good, only the domain's owner can say.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    MESSAGE_STORAGE = "payhub.host_messages.HostMessages"

# The merchants' API --------------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "EXCEPTION_HANDLER": "orders.api.problems.answer",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_AUTHENTICATION_CLASSES": ["orders.api.authentication.BearerKey"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "payhub",
    "DESCRIPTION": "Have orders paid once. Quick start, idempotency, signatures: docs/merchant/.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": PAYHUB_BASE_URL}],
    "PREPROCESSING_HOOKS": ["orders.api.schema.only_the_api"],
    "POSTPROCESSING_HOOKS": ["orders.api.schema.say_what_is_strict"],
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}
API_CALLS_BY_KEY = env_int("API_CALLS_BY_KEY", 200)  # of one key in ten seconds

# Celery wakes; rows are the truth (docs/architecture.md) ---------------------------------------------------------
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL", REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60  # below the visibility timeout, so that no live task is handed out twice
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    # Measured: with the defaults a killed worker's task comes back only after the visibility timeout and 100 s more.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    # Measured: with the defaults every wake sleeps 6 s in a request when the broker is away. The sweeps do without.
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_TASK_PUBLISH_RETRY = False  # a wake that cannot be sent is lost; the sweep finds the row
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_TIMEZONE = "UTC"
# (task, every so many seconds); written into django-celery-beat's tables by `manage.py schedule`.
PAYHUB_BEAT: list[tuple[str, int]] = [
    ("cashier.query_due", 1),
    ("payhub.outbox.deliver_due", 1),
    ("payhub.dashboard.count", 60),
    ("orders.ask_waiting", 30),
    ("orders.forget_claims", 3600),
    ("orders.follow_complaints", 60),
    ("orders.send_webhooks", 2),
    ("orders.forget_webhooks", 3600),
    ("orders.make_exports", 10),
    ("orders.forget_exports", 3600),
    ("orders.send_letters", 10),
    ("orders.forget_letters", 3600),
    ("cashier.expire_due", 5),
    ("cashier.send_refunds", 10),
    ("cashier.close_ledger_days", 600),
    ("reconciliation.expect", 600),
    ("reconciliation.run_due", 15),
    ("reconciliation.keep_months", 3600),
]

# payhub ----------------------------------------------------------------------------------------------------------
# Who hears of which event, by consumer name: the dotted path of a `payhub.outbox.consumer.Consumer`.
OUTBOX_CONSUMERS = {
    "orders": "orders.consumers.orders",
    "complaints": "orders.consumers.complaints",
    "webhooks": "orders.consumers.webhooks",
    "letters": "orders.consumers.letters",
}
# How much each role (`payhub.roles`) may approve of one refund, in minor units; None: any amount. No role, nothing.
REFUND_LIMITS_MINOR: dict[str, int | None] = {
    "cs_supervisor": env_int("SUPERVISOR_REFUND_LIMIT_MINOR", 100_000),
    "finance": None,
}
REFUND_PASSWORD_ABOVE_MINOR = env_int("REFUND_PASSWORD_ABOVE_MINOR", 10_000)  # approving more needs the password again
COMPLAINT_ANSWER_WITHIN_S = env_int("COMPLAINT_ANSWER_WITHIN_S", 24 * 3600)  # what a shopper is promised
STATEMENT_WITHIN_S = env_int("STATEMENT_WITHIN_S", 72 * 3600)  # how long a shop or supplier has to answer
SUBMIT_GUARD_TTL_S = env_int("SUBMIT_GUARD_TTL_S", 10)  # the same submit within it is the same order
SIMILAR_ORDER_WINDOW_S = env_int("SIMILAR_ORDER_WINDOW_S", 7200)  # the same goods within it: "ordered already?"
# How old a payment without an answer must be before its shopper may declare "not charged" and pay again.
PAY_AGAIN_AFTER_S = env_int("PAY_AGAIN_AFTER_S", 60)
PAYMENT_LIFETIME_S = env_int("PAYMENT_LIFETIME_S", 1800)
PAYMENT_EXTENSION_S = env_int("PAYMENT_EXTENSION_S", 900)  # what "more time" gives; 0 where stock cannot wait
# Clicks at the counter in a minute, from one address (many shoppers share one) and for one payment.
COUNTER_CLICKS_BY_ADDRESS = env_int("COUNTER_CLICKS_BY_ADDRESS", 300)
COUNTER_CLICKS_BY_PAYMENT = env_int("COUNTER_CLICKS_BY_PAYMENT", 30)
COUNTER_MISSES_BY_ADDRESS = env_int("COUNTER_MISSES_BY_ADDRESS", 60)  # looks at payments that there are not
# Multiplies the time between two looks of an open counter page: to shed load without a release.
COUNTER_POLL_FACTOR = env_int("COUNTER_POLL_FACTOR", 1)

# Logs: one JSON-free line, to standard error -----------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "payhub.request_id.RequestIdFilter"}},
    "formatters": {
        "line": {
            "()": "payhub.log_line.OneLine",
            "format": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
}
