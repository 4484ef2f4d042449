# ruff: noqa: RUF001 (Turkish names)
"""Public authorities that certifi's list once held and no longer does. Data only.

Written by ``python -m tests.evidence.make_former_roots`` from the releases of certifi on PyPI
(https://pypi.org/project/certifi/) that it names; do not edit by hand. Left out are authorities
whose key the newest release still holds in another certificate, and those whose name, as this tool
prints names, it still holds with another key.
"""

from msgprobe.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerRoot:
    """``subject`` is as `msgprobe.model.observation.Certificate` has it; ``spki_sha256`` in hex.

    ``not_after`` is the day its certificate ends; ``last_in`` the latest of the releases compared
    that held it.
    """

    subject: str
    spki_sha256: str
    not_after: str
    last_in: str


NEWEST = "2026.10.19.post1"
"""The release of certifi that holds none of them."""

# fmt: off
_BY_RELEASE: dict[str, tuple[tuple[str, str, str], ...]] = {
    "2026.7.22": (
        ("2043-02-18", "eabc185c4e82d942b1a5978ba3c0181487d6b3b9974e5c49f72f6d0bd9637150",
         "CN=emSign ECC Root CA - C3, O=eMudhra Inc, C=US"),
        ("2043-02-18", "8d417db2dd8bf5e3084d1e3f196d583849d81bdd4c00c70b9d39369e96b8c782",
         "CN=emSign ECC Root CA - G3, O=eMudhra Technologies Limited, C=IN"),
        ("2043-02-18", "b7408b4d2be0238ba37004dd34e276c6019bd2f24c9db7d4980f5f6c359a4bcc",
         "CN=emSign Root CA - C1, O=eMudhra Inc, C=US"),
        ("2043-02-18", "376a1a7082a593dccc20d561d119e9ab8d30f11cc321d0a37fa41f0df284e01c",
         "CN=emSign Root CA - G1, O=eMudhra Technologies Limited, C=IN"),
    ),
    "2026.6.17": (
        ("2030-12-31", "e5ca37bc7b6c361979bc6b123ca9a1db019046d7ff5f57dfb854b19d10b0682f",
         "CN=Atos TrustedRoot 2011, O=Atos, C=DE"),
    ),
    "2026.5.20": (
        ("2040-04-08", "e14e51891f3492243eea613bc2c814d47224b224c57d38169e958e30b3dedee4",
         "CN=SecureSign Root CA12, O=Cybertrust Japan Co., Ltd., C=JP"),
    ),
    "2026.4.22": (
        ("2034-12-20", "62554c17005543b237215f04268dcd2fd1c470240ad3c8660e25ae2c59630f55",
         "O=Chunghwa Telecom Co., Ltd., C=TW"),
    ),
    "2026.2.25": (
        ("2029-12-31", "006d7be7555dd82026442c4f1a27a80e89a1989cb87b34448ed2194c18196d5e",
         "CN=COMODO Certification Authority, O=COMODO CA Limited, C=GB"),
        ("2027-06-29", "510d20e5c47f63cf666b20f61af62bc099a42ac824ffa443a2da7c90b1808a91",
         "CN=Certigna, O=Dhimyotis, C=FR"),
        ("2031-11-10", "23f2edff3ede90259a9e30f40af8f912a5e5b3694e6938440341f6060e014ffa",
         "CN=DigiCert Assured ID Root CA, O=DigiCert Inc, C=US"),
        ("2031-11-10", "aff988906dde12955d9bebbf928fdcc31cce328d5b9384f21c8941ca26e20391",
         "CN=DigiCert Global Root CA, O=DigiCert Inc, C=US"),
        ("2031-11-10", "5a889647220e54d6bd8a16817224520bb5c78e58984bd570506388b9de0f075f",
         "CN=DigiCert High Assurance EV Root CA, O=DigiCert Inc, C=US"),
        ("2047-03-31", "2db2ae4d0d08a4dc7b7a5c911b36b42e3068d2e58657efa61a2f2f69c553b858",
         "CN=FIRMAPROFESIONAL CA ROOT-A WEB, O=Firmaprofesional SA, C=ES"),
        ("2036-06-22", "55f77de41c03792428f8d518c55104225be43a5598d926a528ad653e1ccec7bf",
         "CN=GTS Root R2, O=Google Trust Services LLC, C=US"),
        ("2031-11-24", "8fd112c3c8370f147d5ccd3a7d865eb8dd540783bac69fc60088e3743ff33378",
         "CN=QuoVadis Root CA 2, O=QuoVadis Limited, C=BM"),
        ("2031-11-24", "0c7acaa710226720bbc940349ee2e6148652a89dbf406a232c895f6dc78ebb9a",
         "CN=QuoVadis Root CA 3, O=QuoVadis Limited, C=BM"),
        ("2029-12-31", "2596904dc4d699ae20c2cef4dce47f285937d77464ac370746f52dea76ba0c28",
         "CN=Secure Global CA, O=SecureTrust Corporation, C=US"),
        ("2029-12-31", "77290717614b25f12964ebdb38b5f83caadc0f6c36b0777f880fc6dee1d339cc",
         "CN=SecureTrust CA, O=SecureTrust Corporation, C=US"),
        ("2036-10-25", "40fcfc28875dccbfebcbdf6cd7433312da63c4efcf3bd7b1b505c22020ae0274",
         "CN=SwissSign Gold CA - G2, O=SwissSign AG, C=CH"),
        ("2032-10-18", "10ba3485ca8bb6880ab9531a4063e4001555561c7f2e055165f49b2d74fc5f6b",
         "CN=TeliaSonera Root CA v1, O=TeliaSonera"),
        ("2042-08-23", "2e06cae1fc20b200e6fb748557a4444bec9317dfff2e4151669e0f7944f0a9e0",
         "CN=Trustwave Global Certification Authority, O=Trustwave Holdings, Inc., C=US"),
        ("2042-08-23", "497128fc90656b87290482b223efb72240fe9c421e79938de5f8110cb0be9056",
         "CN=Trustwave Global ECC P256 Certification Authority, O=Trustwave Holdings, Inc., C=US"),
        ("2042-08-23", "828b0eeff24654e8ff5841a29dd5d4e3ed30952ca43425a79283407208d39d16",
         "CN=Trustwave Global ECC P384 Certification Authority, O=Trustwave Holdings, Inc., C=US"),
        ("2031-07-04", "dbc1e3a15238a0483bcdb8fdec616e03e705a48e2a501157cadf3b9c7311c5e5",
         "O=certSIGN, C=RO"),
    ),
    "2025.11.12": (
        ("2030-12-31", "6c464b9a5b233a5e874da765c26f045010d2ddcff45794f0b4c7e4aafa501495",
         "CN=AffirmTrust Commercial, O=AffirmTrust, C=US"),
        ("2030-12-31", "94072ad3f58f70f93098e5a5f6c04c96c710bd849d83184919ae90eb890ae400",
         "CN=AffirmTrust Networking, O=AffirmTrust, C=US"),
        ("2040-12-31", "3219b09114ff495a3eb6eb00c2efeab34002ae5f0a56c7679ea087a3fa037e4f",
         "CN=AffirmTrust Premium ECC, O=AffirmTrust, C=US"),
        ("2040-12-31", "c7f43b4cf5b71568294f822b53762605f6ddd15cadece739e9e2c3cba61e9d67",
         "CN=AffirmTrust Premium, O=AffirmTrust, C=US"),
        ("2037-12-18", "fea2b7d645fba73d753c1ec9a7870c40e1f7b0c561e927b985bf711866e36f22",
         "CN=Entrust Root Certification Authority - EC1, O=Entrust, Inc., C=US"),
        ("2030-12-07", "76ee8590374c715437bbca6bba6028eadde2dc6dbbb8c3f610e851f11d1ab7f5",
         "CN=Entrust Root Certification Authority - G2, O=Entrust, Inc., C=US"),
        ("2026-11-27", "6dbfae00d37b9cd73f8fb47de65917af00e0dddf42dbceac20c17c0275ee2095",
         "CN=Entrust Root Certification Authority, O=Entrust, Inc., C=US"),
    ),
    "2025.8.3": (
        ("2046-04-28", "8d223ba5007d804c9cc607c900e32e20666c5a49fc29d55ad12dfb68d72ee57b",
         "CN=CommScope Public Trust ECC Root-01, O=CommScope, C=US"),
        ("2046-04-28", "6841995ede67848882f30a5d1ee89ddf99b4ac67e41253f7cad6be6d27054007",
         "CN=CommScope Public Trust ECC Root-02, O=CommScope, C=US"),
        ("2046-04-28", "e4e939252afe70bd9f1cd295030313baa40d558641f35b23b4714b43e81f5436",
         "CN=CommScope Public Trust RSA Root-01, O=CommScope, C=US"),
        ("2046-04-28", "86bd768cda54e16d533104b88b80c98c3ac70f593092a6e1ba438d37f4ea4ed2",
         "CN=CommScope Public Trust RSA Root-02, O=CommScope, C=US"),
    ),
    "2025.6.15": (
        ("2040-06-10", "fee8af929175687f4638a3fc983db8ecd0e5e2a83e737f3fb77b4c22fcbac0a6",
         "CN=GLOBALTRUST 2020, O=e-commerce monitoring GmbH, C=AT"),
    ),
    "2025.1.31": (
        ("2028-12-31", "bd153ed7b0434f6886b17bce8bbe84ed340c7132d702a8f4fa318f756ecbd6f3",
         "CN=AAA Certificate Services, O=Comodo CA Limited, C=GB"),
        ("2025-05-12", "63d9af9b47b1064d49a10e7b7fd566dbc8caa399459bfc2829c571ad8c6ef34a",
         "CN=Baltimore CyberTrust Root, O=Baltimore, C=IE"),
        ("2029-07-24", "1ea3c5e43ed66c2da2983a42a4a79b1e906786ce9f1b58621419a00463a87d38",
         "CN=Entrust.net Certification Authority (2048), O=Entrust.net"),
        ("2028-01-28", "2bcee858158cf5465fc9d76f0dfa312fef25a4dca8501da9b46b67d1fbfa1b64",
         "CN=GlobalSign Root CA, O=GlobalSign nv-sa, C=BE"),
        ("2035-01-01", "051cf9fa95e40e9b83edaeda6961f6168c7879c4660172479cdd51ab03cea62b",
         "CN=XRamp Global Certification Authority, O=XRamp Security Services Inc, C=US"),
        ("2034-06-29", "15f14ac45c9c7da233d3479164e8137fe35ee0f38ae858183f08410ea82ac4b4",
         "O=Starfield Technologies, Inc., C=US"),
        ("2034-06-29", "5632d97bfa775bf3c99ddea52fc2553410864016729c52dd6524c8a9c3b4489f",
         "O=The Go Daddy Group, Inc., C=US"),
    ),
    "2024.12.14": (
        ("2036-10-25", "9318226f8c83afe47f5f47c24f59ce12dba8c73b181bee6b2ea1f40a06bc1869",
         "CN=SwissSign Silver CA - G2, O=SwissSign AG, C=CH"),
    ),
    "2024.7.4": (
        ("2037-12-27", "36d7c79f3d089a0ff79972d90923dea5ca76b4ccbaf7c2751cb152e9494f52d0",
         "CN=Entrust Root Certification Authority - G4, O=Entrust, Inc., C=US"),
        ("2029-04-08", "bb4128ec9620f2d2a49ce8e2c4e257aebad93a0f11c56b5fa4b00e23759fa39d",
         "CN=SecureSign RootCA11, O=Japan Certification Services, Inc., C=JP"),
        ("2038-01-18", "d3980aadd21638c70d74a4bb1f8ab5e11724e62ed408f9fa8d3d4d916900286b",
         "CN=Security Communication RootCA3, O=SECOM Trust Systems CO.,LTD., C=JP"),
    ),
    "2023.7.22": (
        ("2023-09-30", "2a4212605aa3e8aecb0fc19806cf3b40b53b95f1a34dbbd6e3ed27230324abb3",
         "O=SECOM Trust.net, C=JP"),
    ),
    "2022.12.7": (
        ("2023-03-03", "c1ad1b1898ec395048df070bfa217e25c913bed8ca6b73de085528846a0103c1",
         "CN=E-Tugra Certification Authority, O=E-Tuğra EBG Bilişim Teknolojileri ve Hizmetleri A"
         ".Ş., C=TR"),
        ("2045-03-12", "56f2ea8684106d0c73333951059d2bff9ace0a9934f015c5d84c5a959dfbb3cc",
         "CN=E-Tugra Global Root CA ECC v3, O=E-Tugra EBG A.S., C=TR"),
        ("2045-03-12", "b3effbf46bcf66aedf71427e6bd60bf1a1878c7b72cab178703485fda6e3db38",
         "CN=E-Tugra Global Root CA RSA v3, O=E-Tugra EBG A.S., C=TR"),
        ("2023-05-15", "36c22314131a5fbf1b70ea4ccf4bc13a777d938ec65e1da24e3c2cfd01d3d163",
         "CN=Hongkong Post Root CA 1, O=Hongkong Post, C=HK"),
    ),
    "2022.6.15": (
        ("2031-01-07", "b21d2a743318712ba16f39919d961a4bafba3bca9a43a75b1fcfe22c5d70caba",
         "CN=EC-ACC, O=Agencia Catalana de Certificacio (NIF Q-0801176-I), C=ES"),
        ("2029-12-31", "32d180ed31c935589ec9dbbb722123b883b5fc2dc10f9fca3a95d77e1bfcb534",
         "CN=Network Solutions Certificate Authority, O=Network Solutions L.L.C., C=US"),
        ("2022-12-08", "951ee046fa83316e6786c08c44f13b4ca2ead2d2644d63314391c0cc70887d0d",
         "CN=Staat der Nederlanden EV Root CA, O=Staat der Nederlanden, C=NL"),
        ("2029-12-31", "7afe4b071a2f1f46f8ba944a26d584d5960b92fb48c3ba1b7cab84905f32aacd",
         "CN=TrustCor ECA-1, O=TrustCor Systems S. de R.L., C=PA"),
        ("2029-12-31", "ea87f462deefffbd7775aa2a4b7e0fcb91c22eee6df69ed90100ccc73b311476",
         "CN=TrustCor RootCert CA-1, O=TrustCor Systems S. de R.L., C=PA"),
        ("2034-12-31", "c63d68c648a18b77641c427a669d61c9768a55f4fcd0322eac96c57700299cf1",
         "CN=TrustCor RootCert CA-2, O=TrustCor Systems S. de R.L., C=PA"),
    ),
    "2021.5.30": (
        ("2021-12-15", "7e8782c150ce3952f802e636023a5d3e95bb5d68e33e85adb2ba178125cebf15",
         "CN=Cybertrust Global Root, O=Cybertrust, Inc"),
        ("2021-09-30", "563b3caf8cfef34c2335caf560a7a95906e8488462eb75ac59784830df9e5b2b",
         "CN=DST Root CA X3, O=Digital Signature Trust Co."),
        ("2031-12-01", "1a7a3a1a68dd2361e3f3bb855f3b26fcd88b197d8dd4de06cf1b362ac89ec13b",
         "CN=Hellenic Academic and Research Institutions RootCA 2011, O=Hellenic Academic and Res"
         "earch Institutions Cert. Authority, C=GR"),
    ),
    "2020.6.20": (
        ("2038-07-31", "ced43902ab5fb57b442322dc0e172a4fb55f7178b808f94e780a6fd6cc6bd818",
         "CN=Chambers of Commerce Root - 2008, O=AC Camerfirma S.A., C=EU"),
        ("2030-12-17", "56174d3ad971a8944964b189811f3008493a6a90422e3c5804ec838d4f94f622",
         "CN=EE Certification Centre Root CA, O=AS Sertifitseerimiskeskus, C=EE"),
        ("2022-05-21", "87af34d66fb3f2fdf36e09111e9aba2f6f44b207f3863f3d0b54b25023909aa5",
         "CN=GeoTrust Global CA, O=GeoTrust Inc., C=US"),
        ("2038-01-18", "bcfb44aab9ad021015706b4121ea761c81c9e88967590f6f94ae744dc88b78fb",
         "CN=GeoTrust Primary Certification Authority - G2, O=GeoTrust Inc., C=US"),
        ("2037-12-01", "ab98495276adf1ecaff28f35c53048781e5c1718dab9c8e67a504f4f6a51328f",
         "CN=GeoTrust Primary Certification Authority - G3, O=GeoTrust Inc., C=US"),
        ("2036-07-16", "4905466623ab4178be92ac5cbd6584f7a1e17f27652d5a85af89504ea239aaaa",
         "CN=GeoTrust Primary Certification Authority, O=GeoTrust Inc., C=US"),
        ("2029-03-04", "7caa03465124590c601e567e52148e952c0cffe89000530fe0d95b6d50eaae41",
         "CN=GeoTrust Universal CA 2, O=GeoTrust Inc., C=US"),
        ("2029-03-04", "9699225c5de52e56cdd32df2e96d1cfea5aa3ca0bb52cd8933c23b5c27443820",
         "CN=GeoTrust Universal CA, O=GeoTrust Inc., C=US"),
        ("2038-07-31", "927a1b8562280576d048c50321ada43d8703d2d9521a18c28b8c46cc6aae4efd",
         "CN=Global Chambersign Root - 2008, O=AC Camerfirma S.A., C=EU"),
        ("2037-12-11", "ce24eb0626defd8168c96a7701f09301600fe5dd0dbce58e9c97b830af02ef28",
         "CN=OISTE WISeKey Global Root GA CA, O=WISeKey, C=CH"),
        ("2021-03-17", "be3db7b79bfe579dcf9b07ca4cad75aff16975568e5b45cfcae4d61fb63175a8",
         "CN=QuoVadis Root Certification Authority, O=QuoVadis Limited, C=BM"),
        ("2021-04-06", "d2a5f32f0e01b910ef4e3b46bf84e5af5fb5689e7d1507e929e368ac88c6cc76",
         "CN=Sonera Class2 CA, O=Sonera, C=FI"),
        ("2028-11-13", "4223894003a881c5df6bab163db235c221a18d54bf759945820e670da82e3f39",
         "CN=Staat der Nederlanden Root CA - G3, O=Staat der Nederlanden, C=NL"),
        ("2038-01-18", "5192438ec369d7ee0ce71f5c6db75f941efbf72e58441715e99eab04c2c8acee",
         "CN=VeriSign Class 3 Public Primary Certification Authority - G4, O=VeriSign, Inc., C=US"),
        ("2036-07-16", "25b41b506e4930952823a6eb9f1d31def645ea38a5c6c6a96d71957e384df058",
         "CN=VeriSign Class 3 Public Primary Certification Authority - G5, O=VeriSign, Inc., C=US"),
        ("2037-12-01", "967b0cd93fcef7f27ce2c245767ae9b05a776b0649f9965b6290968469686872",
         "CN=VeriSign Universal Root Certification Authority, O=VeriSign, Inc., C=US"),
        ("2038-01-18", "67dc4f32fa10e7d01a79a073aa0c9e0212ec2ffc3d779e0aa7f9c0f0e1c2c893",
         "CN=thawte Primary Root CA - G2, O=thawte, Inc., C=US"),
        ("2037-12-01", "1906c6124dbb438578d00e066d5054c6c37f0fa6028c05545e0994eddaec8629",
         "CN=thawte Primary Root CA - G3, O=thawte, Inc., C=US"),
        ("2036-07-16", "1d75d0831b9e0885394d32c7a1bfdb3dbc1c28e2b0e8391fb135981dbc5ba936",
         "CN=thawte Primary Root CA, O=thawte, Inc., C=US"),
        ("2032-12-05", "a81293445db196a2030f9e455fe3c74a9a4f8317b02b01406027a8708174434c",
         "O=Government Root Certification Authority, C=TW"),
        ("2024-01-21", "a87443b3d896eb257ccce99b95ada9bc81b9db4e3142aa9a99af0942cb0a4a3a",
         "O=Trustis Limited, C=GB"),
    ),
    "2019.6.16": (
        ("2020-05-30", "942a6916a6e4ae527711c5450247a2a74fb8e156a8254ca66e739a11493bb445",
         "CN=AddTrust External CA Root, O=AddTrust AB, C=SE"),
        ("2019-07-06", "772fccca7d1646d60628134ff2e6e7f5ba095898be59698bce9d15f96f69a9f3",
         "CN=Class 2 Primary CA, O=Certplus, C=FR"),
        ("2019-07-09", "d1de2ae61c8df2fa623966163d4c73d460bfc428e57585be6bfeb9a56323d1b6",
         "CN=Deutsche Telekom Root CA 2, O=Deutsche Telekom AG, C=DE"),
        ("2035-03-05", "b738290cc08547e79ac67f831ebb33547c4e7db4514e2d2988c23c441340eb41",
         "CN=LuxTrust Global Root 2, O=LuxTrust S.A., C=LU"),
        ("2020-03-25", "05e77ef1fdfe05e2dca522cae64d8379a041b7b4f16c7cae36067a7f72a14872",
         "CN=Staat der Nederlanden Root CA - G2, O=Staat der Nederlanden, C=NL"),
        ("2036-07-16", "495a96ba6bad782407bd521a00bace657bb355555e4bb7f8146c71bba57e7ace",
         "CN=VeriSign Class 3 Public Primary Certification Authority - G3, O=VeriSign, Inc., C=US"),
    ),
    "2018.1.18": (
        ("2033-10-21", "6b1a505e0246f2f60c490ff0c097a7be27210cbb7500237f88b0cd48298bc9b8",
         "CN=Certinomis - Root CA, O=Certinomis, C=FR"),
        ("2038-01-15", "ec9056fe9509411609763aee831ef37c832b75b3d727528fc7c75201c1ff28e6",
         "CN=Certplus Root CA G1, O=Certplus, C=FR"),
        ("2038-01-15", "5375662628fa0a6840aec8c592bf5d8de564ed3efb62c7c932fca8d754d9bbd6",
         "CN=Certplus Root CA G2, O=Certplus, C=FR"),
        ("2038-01-15", "6d6f0c340971a218a31d10330ea9ae7c7a6550534c6eefeddd2118e114db473e",
         "CN=OpenTrust Root CA G1, O=OpenTrust, C=FR"),
        ("2038-01-15", "675605f1567e25fbd2526befea2aefbdb2279f3e1baa3a303ae7555d1bda3ee4",
         "CN=OpenTrust Root CA G2, O=OpenTrust, C=FR"),
        ("2038-01-15", "891ff898e4a8d555140056e3176eea91f4d808ee7f6d1bfbcce6f84807639f91",
         "CN=OpenTrust Root CA G3, O=OpenTrust, C=FR"),
        ("2023-04-28", "4b72dfed3edccb5f4945682e295731a0864ac6b5b85b193ecd2f06b4900c1cfd",
         "CN=TÜRKTRUST Elektronik Sertifika Hizmet Sağlayıcısı H5, O=TÜRKTRUST Bilgi İletişim ve "
         "Bilişim Güvenliği Hizmetleri A.Ş., C=TR"),
        ("2022-06-24", "a6e11ff15ec326a5e3f18ad33a056694dc84c699766d028a5ad0efe1a8e53ac7",
         "CN=Visa eCommerce Root, O=VISA, C=US"),
    ),
}
# fmt: on

FORMER_ROOTS: tuple[FormerRoot, ...] = tuple(
    FormerRoot(subject=subject, spki_sha256=key, not_after=end, last_in=release)
    for release, roots in _BY_RELEASE.items()
    for end, key, subject in roots
)
