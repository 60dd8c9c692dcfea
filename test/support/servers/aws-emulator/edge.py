"""What CloudFront checks at its edge and ministack 1.5.33 does not: signed URLs against the key group, and tags of objects behind origin access control.

Written from the developer guide alone, so that it verifies what the service signs independently of it:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
"""
import base64
import json
import time

import ministack.core.iam_evaluator as iam
import ministack.services.cloudfront as cloudfront
import ministack.services.s3 as s3
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_HASHES = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}
_SIGNATURE_PARAMETERS = ("Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm")


def mend() -> None:
    _refuse_unsigned_viewers()
    _tell_tags_of_objects()
    _ask_the_first_of_a_group()


def _refuse_unsigned_viewers():
    inner = cloudfront.handle_viewer_request

    async def handle(dist, method, path, raw_uri, raw_query_string, headers, body, query_params, *args, **kwargs):
        trusted = _trusted_keys(dist, path)
        url = f"https://{headers.get('host', '').split(':')[0]}{raw_uri}"
        if trusted is not None and not _is_signed(trusted, url, raw_query_string, query_params):
            return cloudfront._cf_error_response(403, "Access denied", "Error from cloudfront")
        return await inner(dist, method, path, raw_uri, raw_query_string, headers, body, query_params, *args, **kwargs)

    cloudfront.handle_viewer_request = handle


def _trusted_keys(dist, path):
    """Public keys by id that may sign for this path, or None where its behaviour asks for no signature."""
    config = cloudfront._dist_config_el(dist)
    behaviours = [element for element in config.iter() if _name(element) == "CacheBehavior"]
    default = next(element for element in config.iter() if _name(element) == "DefaultCacheBehavior")
    pattern = cloudfront._match_behavior(cloudfront.parse_distribution_dataplane_config(dist), path)["path_pattern"]
    chosen = next((one for one in behaviours if cloudfront._text(one, "PathPattern") == pattern), default)
    groups = next((element for element in chosen if _name(element) == "TrustedKeyGroups"), None)
    if groups is None or cloudfront._text(groups, "Enabled") != "true":
        return None
    named = [element.text for element in groups.iter() if _name(element) == "KeyGroup"]
    keys = [key for group in named for key in cloudfront._key_groups[group]["Config"]["Items"]]
    return {key: cloudfront._public_keys[key]["Config"]["EncodedKey"] for key in keys}


def _is_signed(trusted, url, raw_query_string, query_params):
    given = {name: query_params.get(name, [""])[0] for name in _SIGNATURE_PARAMETERS}
    if given["Key-Pair-Id"] not in trusted or not given["Expires"].isdigit() or int(given["Expires"]) <= time.time():
        return False
    others = [pair for pair in raw_query_string.split("&") if pair.split("=")[0] not in _SIGNATURE_PARAMETERS]
    resource = f"{url}?{'&'.join(others)}" if others else url
    condition = {"DateLessThan": {"AWS:EpochTime": int(given["Expires"])}}
    policy = {"Statement": [{"Resource": resource, "Condition": condition}]}
    signed = json.dumps(policy, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        # CloudFront writes base64 with other characters: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-linux-openssl.html
        signature = base64.b64decode(given["Signature"].translate(str.maketrans("-_~", "+=/")), validate=True)
        algorithm = _HASHES[given["Hash-Algorithm"] or "SHA1"]()
        _verify(load_pem_public_key(trusted[given["Key-Pair-Id"]].encode()), signature, signed, algorithm)
    except (InvalidSignature, ValueError, KeyError):
        return False
    return True


def _verify(key, signature, signed, algorithm):
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(algorithm))
    else:
        key.verify(signature, signed, padding.PKCS1v15(), algorithm)


def _tell_tags_of_objects():
    """Bucket policies that look at `s3:ExistingObjectTag` hold for CloudFront, too."""

    def allows(owner, bucket, key, source_arn, oai_id):
        policy = s3._bucket_policies.get_scoped(owner, None, bucket)
        if not policy or not source_arn:
            return False
        tags = s3.object_tags_for_condition(bucket, key, {})
        context = iam.EvalContext(
            principal_arn="*",
            principal_type="Service",
            principal_account="",
            action="s3:GetObject",
            resource_arn=f"arn:aws:s3:::{bucket}/{key}",
            region=s3.get_region(),
            service_context={
                "aws:sourcearn": source_arn,
                **{f"s3:existingobjecttag/{name}".lower(): value for name, value in tags.items()},
            },
        )
        return iam.evaluate_resource_policy(policy, context, service="cloudfront.amazonaws.com").decision == "Allow"

    s3._cloudfront_origin_allows = allows


def _ask_the_first_of_a_group():
    """A group of origins is asked like its first member: nothing fails over, since that never fails here."""
    inner = cloudfront.parse_distribution_dataplane_config

    def parse(dist):
        parsed = inner(dist)
        groups = [element for element in cloudfront._dist_config_el(dist).iter() if _name(element) == "OriginGroup"]
        for group in groups:
            first = next(element.text for element in group.iter() if _name(element) == "OriginId")
            parsed["origins"][cloudfront._text(group, "Id")] = parsed["origins"][first]
        return parsed

    cloudfront.parse_distribution_dataplane_config = parse


def _name(element):
    return element.tag.split("}")[-1]
