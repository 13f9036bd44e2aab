// Stand-ins for the kat-* elements of Seller Central's pages: open shadow roots, labels as host attributes.
// VERSION 1: a date range picker submits a range that was set by its attributes start-value and end-value.
// VERSION 2: it shows such a range and ignores it; only what was typed counts.
(() => {
  const VERSION = __VERSION__;
  const root = (host, html) => {
    const shadow = host.shadowRoot || host.attachShadow({ mode: 'open' });
    shadow.innerHTML = html;
    return shadow;
  };
  const text = value => String(value ?? '').replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`);
  const define = (name, element) => customElements.define(name, element);

  define('kat-button', class extends HTMLElement {
    static observedAttributes = ['label', 'disabled'];
    connectedCallback() { this.draw(); }
    attributeChangedCallback() { if (this.isConnected) this.draw(); }
    draw() {
      const disabled = this.hasAttribute('disabled') ? 'disabled' : '';
      const shadow = root(this, `<button type="button" ${disabled}><slot name="icon"></slot>${text(this.getAttribute('label'))}</button>`);
      shadow.querySelector('button').addEventListener('click', event => this.press(event));
    }
    press(event) {
      // Some buttons of the site ignore clicks that a script makes.
      if (this.hasAttribute('trusted') && !event.isTrusted) { event.stopImmediatePropagation(); return; }
      if (this.getAttribute('type') === 'submit') {
        const form = this.closest('form');
        if (form) form.requestSubmit();
      }
      if (this.hasAttribute('href')) location.href = this.getAttribute('href');
    }
  });

  define('kat-link', class extends HTMLElement {
    connectedCallback() {
      const target = this.hasAttribute('target') ? ` target="${text(this.getAttribute('target'))}"` : '';
      root(this, `<a href="${text(this.getAttribute('href') || '#')}"${target}>${text(this.getAttribute('label'))}</a>`);
    }
  });

  define('kat-option', class extends HTMLElement {
    connectedCallback() { this.setAttribute('role', 'option'); }
  });

  // Options are light children; a hidden input with the host's name takes part in its form.
  define('kat-dropdown', class extends HTMLElement {
    connectedCallback() {
      setTimeout(() => this.draw());
    }
    get value() { return this.getAttribute('value') || ''; }
    draw() {
      const label = text(this.getAttribute('label'));
      const shadow = root(this, `<style>:host{display:inline-block}.list{border:1px solid #888;padding:4px}
        .list[hidden]{display:none}::slotted(kat-option){display:block;padding:4px;cursor:pointer}</style>
        <span part="label">${label}</span>
        <div class="header" role="combobox" tabindex="0" aria-label="${label}" aria-expanded="false"></div>
        <div class="list" role="listbox" hidden><slot></slot></div>`);
      this.header = shadow.querySelector('.header');
      this.list = shadow.querySelector('.list');
      this.header.addEventListener('click', () => this.toggle(this.list.hidden));
      this.addEventListener('click', event => {
        const option = event.target.closest('kat-option');
        if (option && event.isTrusted) this.choose(option);
      });
      if (!this.hasAttribute('value')) {
        const first = this.querySelector('kat-option[selected]') || this.querySelector('kat-option');
        if (first) this.setAttribute('value', first.getAttribute('value'));
      }
      this.show();
    }
    toggle(open) { this.list.hidden = !open; this.header.setAttribute('aria-expanded', open); }
    choose(option) {
      this.setAttribute('value', option.getAttribute('value'));
      this.toggle(false);
      this.show();
      this.dispatchEvent(new CustomEvent('change', { bubbles: true, detail: { value: this.value } }));
    }
    show() {
      const option = Array.from(this.querySelectorAll('kat-option')).find(each => each.getAttribute('value') === this.value);
      this.header.textContent = option ? option.textContent.trim() : '';
      hidden(this, this.getAttribute('name'), this.value);
    }
  });

  const hidden = (host, name, value) => {
    if (!name) return;
    const place = host.closest('form') || host;
    let input = place.querySelector(`input[type=hidden][name="${name}"]`);
    if (!input) {
      input = document.createElement('input');
      input.type = 'hidden'; input.name = name;
      place.appendChild(input);
    }
    input.value = value;
  };

  // Days in the attributes and in the form are ISO; its inputs show them in the page's language.
  const FORMATS = { en: 'MM/DD/YYYY', de: 'DD.MM.YYYY', ja: 'YYYY/MM/DD' };
  const language = () => document.documentElement.lang.slice(0, 2);
  // A store writes dates its own way, whatever the language is: `date-format` of the host.
  const format = host => host.getAttribute('date-format') || FORMATS[language()] || FORMATS.en;
  const written = (host, iso) => {
    if (!iso) return '';
    const [year, month, day] = iso.split('-');
    return format(host).replace('YYYY', year).replace('MM', month).replace('DD', day);
  };
  const read = (host, shown) => {
    const order = format(host).match(/YYYY|MM|DD/g);
    const parts = shown.match(/\d+/g) || [];
    if (parts.length !== 3) return '';
    const found = Object.fromEntries(order.map((name, i) => [name, parts[i]]));
    return `${found.YYYY}-${found.MM.padStart(2, '0')}-${found.DD.padStart(2, '0')}`;
  };

  define('kat-date-range-picker', class extends HTMLElement {
    static observedAttributes = ['start-value', 'end-value'];
    connectedCallback() {
      this.typed = { start: this.getAttribute('start-value') || '', end: this.getAttribute('end-value') || '' };
      const label = name => text(this.getAttribute(`${name}-label`) || name);
      const shadow = root(this, ['start', 'end'].map(name =>
        `<label>${label(name)} <input class="${name}" placeholder="${this.hasAttribute('no-hint') ? '' : format(this)}" data-date autocomplete="off"></label>`).join(' '));
      this.inputs = { start: shadow.querySelector('.start'), end: shadow.querySelector('.end') };
      for (const name of ['start', 'end']) {
        this.inputs[name].addEventListener('change', event => {
          if (!event.isTrusted) return;
          this.typed[name] = read(this, this.inputs[name].value);
          this.put();
        });
      }
      this.show();
    }
    attributeChangedCallback(name, before, value) {
      if (!this.inputs) return;
      if (VERSION === 1) this.typed[name.split('-')[0]] = value || '';
      this.show();
    }
    show() {
      this.inputs.start.value = written(this, this.getAttribute('start-value') || this.typed.start);
      this.inputs.end.value = written(this, this.getAttribute('end-value') || this.typed.end);
      this.put();
    }
    put() {
      hidden(this, this.getAttribute('start-name') || 'startDate', this.typed.start);
      hidden(this, this.getAttribute('end-name') || 'endDate', this.typed.end);
    }
    get range() { return { ...this.typed }; }
  });

  define('kat-modal', class extends HTMLElement {
    connectedCallback() {
      root(this, `<style>:host{display:none}:host([visible="true"]){display:block;position:fixed;top:20%;left:25%;
        background:#fff;border:2px solid #333;padding:16px;z-index:9}</style>
        <div role="dialog" aria-modal="true"><button type="button" aria-label="${text(this.getAttribute('close-label') || 'Close')}">&#10005;</button>
        <slot name="title"></slot><slot></slot><slot name="footer"></slot></div>`)
        .querySelector('button').addEventListener('click', () => this.close());
    }
    open() { this.setAttribute('visible', 'true'); }
    close() { this.setAttribute('visible', 'false'); this.dispatchEvent(new CustomEvent('close', { bubbles: true })); }
  });

  // Pages are links in the shadow root, to the host's `href` with the number in place of {page}.
  define('kat-pagination', class extends HTMLElement {
    connectedCallback() {
      const total = Number(this.getAttribute('total-items') || 0), size = Number(this.getAttribute('items-per-page') || 25);
      const current = Number(this.getAttribute('page') || 1), last = Math.max(1, Math.ceil(total / size));
      const to = page => text((this.getAttribute('href') || '?page={page}').replace('{page}', page));
      const item = (page, shown, extra = '') => `<li><a role="button" part="page" href="${to(page)}" ${extra}>${shown}</a></li>`;
      let items = '';
      for (let page = 1; page <= last; page++) items += item(page, page, page === current ? 'aria-current="page"' : '');
      const next = text(this.getAttribute('next-label') || 'Next');
      root(this, `<nav><ul>${items}${current < last ? item(current + 1, next) : ''}</ul></nav>`);
    }
  });

  const block = display => class extends HTMLElement {
    connectedCallback() { root(this, `<style>:host{display:${display}}</style><slot></slot>`); }
  };
  define('kat-alert', block('block'));
  define('kat-badge', class extends HTMLElement {
    connectedCallback() { root(this, `<span>${text(this.getAttribute('label'))}</span>`); }
  });
  define('kat-icon', class extends HTMLElement {
    connectedCallback() { root(this, `<i aria-hidden="true">${text(this.getAttribute('name'))}</i>`); }
  });
  define('kat-table', block('table'));
  define('kat-table-head', block('table-header-group'));
  define('kat-table-body', block('table-row-group'));
  define('kat-table-row', block('table-row'));
  define('kat-table-cell', block('table-cell'));
})();
