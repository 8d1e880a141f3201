//! The page on which an order of the sandbox is paid. No script, no font, nothing from elsewhere.

use super::sandbox_journal::Held;

/// The page of an order. `pay` is the address the form goes to.
pub(super) fn page(held: &Held, pay: &str) -> String {
    let title = escape(&held.made.title);
    let amount = held.made.amount;
    let state = if held.is_paid() {
        "<p role=\"status\">This order is paid. You can close this page.</p>".to_owned()
    } else {
        let failed = match held.attempts.len() {
            0 => "",
            _ => "<p role=\"status\">The last attempt has not paid this order. You can try again.</p>",
        };
        format!(
            "{failed}<form method=\"post\" action=\"{}\">\
             <p><button name=\"outcome\" value=\"succeed\">Pay {amount}</button></p>\
             <p><button name=\"outcome\" value=\"fail\">Let the payment fail</button></p></form>",
            escape(pay)
        )
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Pay for {title}</title><style>{STYLE}</style></head>\
         <body><main><h1>Pay for {title}</h1>\
         <p>Amount: <strong>{amount}</strong></p>\
         <p>This is a sandbox: no money moves, whatever you press.</p>{state}</main></body></html>"
    )
}

const STYLE: &str = "body{font:1.125rem/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:2rem}\
main{max-width:32rem;margin:auto}\
button{font:inherit;padding:.75rem 1.25rem;border:2px solid #1a1a1a;border-radius:.375rem;background:#fff;color:inherit;cursor:pointer}\
button[value=succeed]{background:#14532d;border-color:#14532d;color:#fff}\
button:focus-visible{outline:3px solid #1d4ed8;outline-offset:3px}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
