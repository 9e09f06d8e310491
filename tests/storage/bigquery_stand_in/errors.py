"""Errors as the API has them."""

CODES = {
    "accessDenied": 403,
    "backendError": 503,
    "bytesBilledLimitExceeded": 400,
    "duplicate": 409,
    "internalError": 500,
    "invalid": 400,
    "invalidQuery": 400,
    "notFound": 404,
    "quotaExceeded": 403,
    "rateLimitExceeded": 403,
    "required": 400,
    "authError": 401,
}


class ApiError(Exception):
    """A reason and a message; a call answers with them, a job ends with them."""

    def __init__(self, reason, message):
        super().__init__(message)
        self.reason, self.message, self.code = reason, message, CODES[reason]

    @property
    def result(self):
        return {"reason": self.reason, "message": self.message, "location": "stand-in"}

    @property
    def body(self):
        return {"error": {"code": self.code, "message": self.message, "errors": [self.result]}}
