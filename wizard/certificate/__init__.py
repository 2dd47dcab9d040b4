"""Certificates: any files in, a bundle out, and findings about it."""

from wizard.certificate.bundle import Bundle, of_der, of_pem, read
from wizard.certificate.clients import Client, clients
from wizard.certificate.domains import covers
from wizard.certificate.fetch import fetch_missing, source_of_missing
from wizard.certificate.findings import Finding, Severity, acceptable, judge
from wizard.certificate.intermediates import Filled
from wizard.certificate.look import days_left, names
from wizard.certificate.problems import CertificateError
from wizard.certificate.report import describe
from wizard.certificate.roots import ChainRefused, Roots, verify_chain
from wizard.certificate.rules.key import needs_rsa

__all__ = [
    "Bundle",
    "CertificateError",
    "ChainRefused",
    "Client",
    "Filled",
    "Finding",
    "Roots",
    "Severity",
    "acceptable",
    "clients",
    "covers",
    "days_left",
    "describe",
    "fetch_missing",
    "judge",
    "names",
    "needs_rsa",
    "of_der",
    "of_pem",
    "read",
    "source_of_missing",
    "verify_chain",
]
