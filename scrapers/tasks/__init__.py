"""The Celery app and its tasks: thin; what they do stands in the rooms below."""
