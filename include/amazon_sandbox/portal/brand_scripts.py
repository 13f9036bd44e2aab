"""The script of Brand Analytics' dashboards."""

DASHBOARD = """
const figures = document.getElementById('figures'), modal = document.getElementById('download-modal');
const chosen = id => document.getElementById(id).getAttribute('value') || document.getElementById(id).value;
const period = () => document.querySelector('[id$="-week"], [id$="-month"], [id$="-quarter"]');
let isConfirmed = __VERSION__ === 1;
document.querySelector('[data-test-id=RequiredFilterApplyButton]').addEventListener('click', () => {
  figures.setAttribute('aria-busy', 'true');
  setTimeout(() => { figures.textContent = '-'; figures.setAttribute('aria-busy', 'false'); }, 50);
});
document.getElementById('GenerateDownloadButton').addEventListener('click', () => modal.open());
document.getElementById('downloadModalGenerateDownloadButton').addEventListener('click', async () => {
  // The second version wants to be asked twice.
  if (!isConfirmed) { isConfirmed = true; return; }
  const form = new URLSearchParams();
  form.set('kind', '__KIND__');
  form.set('range', chosen('reporting-range'));
  form.set('last', chosen(period().id));
  form.set('brand', chosen('brand'));
  const answer = await (await fetch('/brand-analytics/generate', { method: 'POST', body: form })).json();
  if (answer.refused) { document.getElementById('refusal').textContent = answer.refused; return; }
  modal.close();
  window.open('/brand-analytics/download-manager', '_blank');
});
"""
