"""Certificates: any files in, a bundle out, and findings about it."""

from wizard.certificate.bundle import Bundle, of_der, read
from wizard.certificate.clients import Client, clients
from wizard.certificate.domains import covers
from wizard.certificate.findings import Finding, Severity, acceptable, judge
from wizard.certificate.look import days_left, names
from wizard.certificate.problems import CertificateError
from wizard.certificate.report import describe
from wizard.certificate.roots import ChainRefused, Roots, verify_chain

__all__ = [
    "Bundle",
    "CertificateError",
    "ChainRefused",
    "Client",
    "Finding",
    "Roots",
    "Severity",
    "acceptable",
    "clients",
    "covers",
    "days_left",
    "describe",
    "judge",
    "names",
    "of_der",
    "read",
    "verify_chain",
]
