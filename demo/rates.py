"""A small SOAP service of exchange rates, for the demo store: `python -m demo.rates --port 8099`.

It stands for the old system that every firm has: a WSDL, two operations, nothing else. Its rates are a day's, and stay.
"""

import argparse
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from lxml import etree

NAMESPACE = "urn:trivet:demo:rates"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
DAY = "2024-05-31"
# what a euro buys
RATES = {
    "EUR": Decimal(1), "USD": Decimal("1.0852"), "GBP": Decimal("0.8516"), "JPY": Decimal("170.11"),
    "CHF": Decimal("0.9816"), "NOK": Decimal("11.4055"), "SEK": Decimal("11.4475"), "PLN": Decimal("4.2678"),
}  # fmt: skip
_MOST = 1_000_000  # bytes of a message
_CENT = Decimal("0.01")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)

WSDL = f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:r="{NAMESPACE}" targetNamespace="{NAMESPACE}" name="Rates">
  <types>
    <xs:schema targetNamespace="{NAMESPACE}" elementFormDefault="qualified">
      <xs:complexType name="Rate">
        <xs:sequence>
          <xs:element name="Currency" type="xs:string"/>
          <xs:element name="Value" type="xs:decimal"/>
          <xs:element name="Day" type="xs:date"/>
        </xs:sequence>
      </xs:complexType>
      <xs:complexType name="Converted">
        <xs:sequence>
          <xs:element name="Amount" type="xs:decimal"/>
          <xs:element name="Value" type="xs:decimal"/>
        </xs:sequence>
      </xs:complexType>
      <xs:element name="GetRates">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="Currency" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:element name="GetRatesResponse">
        <xs:complexType>
          <xs:sequence><xs:element name="Rate" type="r:Rate" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:element name="Convert">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="From" type="xs:string"/>
            <xs:element name="To" type="xs:string"/>
            <xs:element name="Amount" type="xs:decimal" maxOccurs="unbounded"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:element name="ConvertResponse">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="Converted" type="r:Converted" minOccurs="0" maxOccurs="unbounded"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
    </xs:schema>
  </types>
  <message name="GetRates"><part name="parameters" element="r:GetRates"/></message>
  <message name="GetRatesResponse"><part name="parameters" element="r:GetRatesResponse"/></message>
  <message name="Convert"><part name="parameters" element="r:Convert"/></message>
  <message name="ConvertResponse"><part name="parameters" element="r:ConvertResponse"/></message>
  <portType name="Rates">
    <operation name="GetRates">
      <documentation>The rates of some currencies, of all where none is named: what a euro buys.</documentation>
      <input message="r:GetRates"/><output message="r:GetRatesResponse"/>
    </operation>
    <operation name="Convert">
      <documentation>Amounts of one currency in another, to the cent.</documentation>
      <input message="r:Convert"/><output message="r:ConvertResponse"/>
    </operation>
  </portType>
  <binding name="Rates" type="r:Rates">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="GetRates">
      <soap:operation soapAction="{NAMESPACE}/GetRates"/>
      <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output>
    </operation>
    <operation name="Convert">
      <soap:operation soapAction="{NAMESPACE}/Convert"/>
      <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output>
    </operation>
  </binding>
  <service name="Rates"><port name="Rates" binding="r:Rates"><soap:address location="%s"/></port></service>
</definitions>
"""


class Refused(Exception):
    """A message that the service can't answer."""


def get_rates(message: Any) -> Any:
    """The rates that a message asks for."""
    wanted = _texts(message, "Currency") or list(RATES)
    answer = etree.Element(_tag("GetRatesResponse"), nsmap={None: NAMESPACE})
    for currency in wanted:
        if currency in RATES:
            _record(answer, "Rate", {"Currency": currency, "Value": str(RATES[currency]), "Day": DAY})
    return answer


def convert(message: Any) -> Any:
    """The amounts of a message in another currency."""
    pair = [*_texts(message, "From"), *_texts(message, "To")]
    unknown = [currency for currency in pair if currency not in RATES]
    if len(pair) != 2 or unknown:
        raise Refused(f"No rate is known of {', '.join(unknown)}" if unknown else "From and To are needed")
    answer = etree.Element(_tag("ConvertResponse"), nsmap={None: NAMESPACE})
    for text in _texts(message, "Amount"):
        try:
            value = Decimal(text) / RATES[pair[0]] * RATES[pair[1]]
            shown = value.quantize(_CENT, ROUND_HALF_UP)
        except InvalidOperation:
            raise Refused("An amount is no number") from None
        _record(answer, "Converted", {"Amount": text, "Value": f"{shown:f}"})
    return answer


OPERATIONS: dict[str, Callable[[Any], Any]] = {"GetRates": get_rates, "Convert": convert}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The service as WSGI: the WSDL for GET, answers to messages for POST."""
    if environ["REQUEST_METHOD"] == "GET":
        address = f"http://{environ['HTTP_HOST']}{environ['PATH_INFO']}"
        return _answer(start_response, "200 OK", (WSDL % address).encode())
    if environ["REQUEST_METHOD"] != "POST":
        return _answer(start_response, "405 Method Not Allowed", b"")
    try:
        content = _answered(environ)
    except Refused as fault:
        return _answer(start_response, "500 Internal Server Error", _envelope(_fault(str(fault))))
    return _answer(start_response, "200 OK", _envelope(content))


def _answered(environ: dict[str, Any]) -> Any:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 < length <= _MOST:
        raise Refused("The message is empty, or too long")
    try:
        envelope = etree.fromstring(environ["wsgi.input"].read(length), _PARSER)
    except etree.XMLSyntaxError:
        raise Refused("The message is not XML") from None
    body = envelope.find(f"{{{ENVELOPE}}}Body")
    if body is None or len(body) != 1:
        raise Refused("There is no SOAP 1.1 body with one element")
    name = etree.QName(body[0])
    if name.namespace != NAMESPACE or name.localname not in OPERATIONS:
        raise Refused(f"There is no operation {name.localname}")
    return OPERATIONS[name.localname](body[0])


def _texts(message: Any, name: str) -> list[str]:
    return [(item.text or "").strip() for item in message.findall(_tag(name))]


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _record(parent: Any, name: str, values: dict[str, str]) -> None:
    record = etree.SubElement(parent, _tag(name))
    for key, value in values.items():
        etree.SubElement(record, _tag(key)).text = value


def _fault(text: str) -> Any:
    fault = etree.Element(f"{{{ENVELOPE}}}Fault", nsmap={"s": ENVELOPE})
    etree.SubElement(fault, "faultcode").text = "s:Client"
    etree.SubElement(fault, "faultstring").text = text
    return fault


def _envelope(content: Any) -> bytes:
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"s": ENVELOPE})
    etree.SubElement(envelope, f"{{{ENVELOPE}}}Body").append(content)
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)


def _answer(start_response: Callable[..., Any], status: str, body: bytes) -> list[bytes]:
    start_response(status, [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each connection."""

    daemon_threads = True


class Handler(WSGIRequestHandler):
    """Connections that stay open, and no line for each request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099)
    given = parser.parse_args()
    with make_server(given.host, given.port, application, Server, Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
