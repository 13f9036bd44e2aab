"""Asks a person to do in a login's browser what only a person may do: a captcha, a new-device check, terms.

Downloads start these runs, one per required action, and wait. The question under *Required Actions* shows
what the page asks for and how to reach the browser. After *Done, go on*, the sign-in is checked and all
waiting downloads continue; after *Give up* they fail.

To check a login's sign-in at any time, choose *Trigger* and the login. Codes are entered in the browser,
never in Airflow.
"""

from __future__ import annotations

from sellerops_airflow.dag_factory.portal import sign_in_dag

dag = sign_in_dag(__doc__)
