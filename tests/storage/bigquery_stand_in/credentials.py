"""Application default credentials by Workload Identity; the stand-in gives the tokens."""

import json


def write_workload_identity(folder, stand_in):
    """Write what GOOGLE_APPLICATION_CREDENTIALS names, and return its path.

    The audience names no pool, for of a pool the library asks Google where it may be used from.
    """
    subject = folder / "subject-token"
    subject.write_text("made up")
    path = folder / "credentials.json"
    content = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/stand-in",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{stand_in.url}/token",
        "credential_source": {"file": str(subject)},
    }
    path.write_text(json.dumps(content))
    return path
