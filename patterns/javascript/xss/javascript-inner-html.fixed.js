function render(list, message) {
  // ruleid: javascript-inner-html
  list.textContent = message;
  // ok: javascript-inner-html
  list.innerHTML = "";
  // ok: javascript-inner-html
  list.innerHTML = DOMPurify.sanitize(message);
  // ok: javascript-inner-html
  list.textContent = message;
}

function row(cells) {
  const element = document.createElement("td");
  // ruleid: javascript-inner-html
  element.textContent = cells.first;
  // ok: javascript-inner-html
  const html = element.innerHTML;
  return html;
}

function words(html) {
  const doc = document.implementation.createHTMLDocument("");
  // ok: javascript-inner-html
  doc.body.innerHTML = html;
  const area = document.createElement("textarea");
  // ok: javascript-inner-html
  area.innerHTML = html;
  return doc.body.textContent + area.textContent;
}

function safe(list, other, name, open) {
  // ok: javascript-inner-html
  list.innerHTML = _.escape(name);
  // ok: javascript-inner-html
  list.innerHTML = this.encode(name);
  // ok: javascript-inner-html
  list.innerHTML = other.innerHTML;
  // ok: javascript-inner-html
  list.innerHTML = open ? "<b>open</b>" : "<i>closed</i>";
  const doc = document.implementation.createHTMLDocument("");
  const body = doc.body;
  // ok: javascript-inner-html
  body.innerHTML = name;
  return body.textContent;
}

function rules(css, html) {
  const style = document.createElement("style");
  // ok: javascript-inner-html
  style.innerHTML = css;
  const { body } = document.implementation.createHTMLDocument("");
  // ok: javascript-inner-html
  body.innerHTML = html;
  const part = document.createElement("div");
  // ruleid: javascript-inner-html
  part.textContent = html;
  return [style, body, part];
}

function more(list, html) {
  // ruleid: javascript-inner-html
  list.innerHTML += html;
  return list;
}
