"""Opens each web page of the reports once a day, to find changed pages before files are due.

Nothing is requested or downloaded. A page that lacks a control fails its task, and the notice names the page
and the control, with a screenshot. If a site needs a person, a run of `portal_sign_in` asks.
"""

from __future__ import annotations

from sellerops_airflow.dag_factory.portal import canary_dag

dag = canary_dag(__doc__)
