"""Opens each web page that reports download from once a day, to find changed ones before files are due.

Nothing is requested or downloaded. A page that lacks a control fails its task, and the notice names page and
control, with a screenshot. If a site asks for a person, a run of `portal_sign_in` asks.
"""

from __future__ import annotations

from sellerops_airflow.dag_factory.portal import canary_dag

dag = canary_dag(__doc__)
