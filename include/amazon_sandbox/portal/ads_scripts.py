"""Scripts of the ads console's pages."""

CHOOSER = """
for (const button of document.querySelectorAll('[data-advertiser]'))
  button.addEventListener('click', () => { button.nextElementSibling.hidden = false; });
"""

# The click leaves a note for the builder: the template's address alone opens it empty.
TEMPLATES = """
for (const button of document.querySelectorAll('[data-address]'))
  button.addEventListener('click', () => {
    sessionStorage.setItem('template', button.closest('[data-template]').dataset.template);
    location.href = button.dataset.address;
  });
"""

BUILDER = """
const columns = document.getElementById('columns'), dialog = document.getElementById('range');
const template = sessionStorage.getItem('template');
sessionStorage.removeItem('template');
if (template) setTimeout(() => {
  for (const name of ['Date range', 'Campaign name', 'Search term', 'Impressions', 'Clicks', 'Total cost'])
    columns.insertAdjacentHTML('beforeend',
      `<div>${name} <button type="button">${columns.dataset.delete}</button></div>`);
}, 300);
const opener = document.getElementById('report-range-form:date-range-row-control-component-0');
opener.addEventListener('click', () => { dialog.hidden = false; });
const range = { first: '', last: '' };
const read = input => {
  const form = input.placeholder.match(/[A-Z]+/g), parts = input.value.match(/\\d+/g) || [];
  if (parts.length !== 3) return '';
  const letter = part => part[0].replace('J', 'Y').replace('T', 'D');
  const found = Object.fromEntries(form.map((part, i) => [letter(part), parts[i]]));
  return `${found.Y}-${found.M.padStart(2, '0')}-${found.D.padStart(2, '0')}`;
};
dialog.querySelector('button').addEventListener('click', () => {
  range.first = read(dialog.querySelector('.first'));
  range.last = read(dialog.querySelector('.last'));
  opener.textContent = `${range.first} - ${range.last}`;
  dialog.hidden = true;
});
document.getElementById('urc_frb_create_report_button').addEventListener('click', async event => {
  // Like the storm-ui buttons, it ignores clicks that a script makes.
  if (!event.isTrusted) return;
  const fail = text => {
    document.getElementById('problems').innerHTML = '<div role="alert"></div>';
    document.querySelector('#problems div').textContent = text;
  };
  if (!columns.children.length || !range.first || !range.last) return fail('__PROBLEM__');
  const form = new URLSearchParams(range);
  form.set('name', document.getElementById('report-name-form:report-name-control-component-0').value);
  const entity = new URLSearchParams(location.search).get('entityId');
  const answer = await fetch('__BASE__/reporting/create?entityId=' + entity, { method: 'POST', body: form });
  if (!answer.ok) return fail((await answer.json()).problem);
  location.href = '__BASE__/reporting?entityId=' + entity;
});
"""
