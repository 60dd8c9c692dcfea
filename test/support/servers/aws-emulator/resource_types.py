"""Resource types of CloudFormation that ministack 1.5.33 does not know, though it has some of their API."""
import ministack.services.cloudformation.provisioners as provisioners
import ministack.services.cloudfront as cloudfront
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_HANDLERS = provisioners._RESOURCE_HANDLERS


def add() -> None:
    _HANDLERS["AWS::CloudFront::PublicKey"] = {
        "create": _create_public_key,
        "update": _update_public_key,
        "delete": _delete_public_key,
    }
    _HANDLERS["AWS::CloudFront::KeyGroup"] = {
        "create": _create_key_group,
        "update": _update_key_group,
        "delete": lambda physical_id, props: cloudfront._key_groups.pop(physical_id, None),
    }
    # Access logs, second version: taken, and nothing is delivered.
    for name in ("DeliverySource", "DeliveryDestination", "Delivery"):
        _HANDLERS[f"AWS::Logs::{name}"] = _remembered(name)


def _create_public_key(logical_id, props, stack):
    config = props["PublicKeyConfig"]
    key = load_pem_public_key(config["EncodedKey"].encode())
    is_rsa = isinstance(key, rsa.RSAPublicKey) and key.key_size == 2048
    is_p256 = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    if not (is_rsa or is_p256):
        raise ValueError("InvalidArgument: EncodedKey must be RSA 2048 or ECDSA P-256")
    physical_id = cloudfront._pk_id()
    created = cloudfront._now_iso()
    names = ("CallerReference", "Name", "EncodedKey")
    cloudfront._public_keys[physical_id] = {
        "Id": physical_id,
        "ETag": cloudfront.new_uuid(),
        "CreatedTime": created,
        "Config": {**{name: config[name] for name in names}, "Comment": config.get("Comment", "")},
    }
    return physical_id, {"Id": physical_id, "CreatedTime": created}


def _update_public_key(physical_id, old, new, stack, logical_id=None):
    if {**old["PublicKeyConfig"], "Comment": ""} != {**new["PublicKeyConfig"], "Comment": ""}:
        raise ValueError("CannotChangeImmutablePublicKeyFields: only the comment can be changed")
    cloudfront._public_keys[physical_id]["Config"]["Comment"] = new["PublicKeyConfig"].get("Comment", "")
    return physical_id, {"Id": physical_id}


def _delete_public_key(physical_id, props):
    if cloudfront._public_keys_using(physical_id):
        raise ValueError("PublicKeyInUse")
    cloudfront._public_keys.pop(physical_id, None)


def _key_group_config(props):
    config = props["KeyGroupConfig"]
    for key in config["Items"]:
        if key not in cloudfront._public_keys:
            raise ValueError(f"TrustedKeyGroup: no such public key {key}")
    return {"Name": config["Name"], "Items": list(config["Items"]), "Comment": config.get("Comment", "")}


def _create_key_group(logical_id, props, stack):
    physical_id = cloudfront._kg_id()
    cloudfront._key_groups[physical_id] = {
        "Id": physical_id,
        "ETag": cloudfront.new_uuid(),
        "LastModifiedTime": cloudfront._now_iso(),
        "Config": _key_group_config(props),
    }
    return physical_id, {"Id": physical_id}


def _update_key_group(physical_id, old, new, stack, logical_id=None):
    cloudfront._key_groups[physical_id].update(Config=_key_group_config(new), ETag=cloudfront.new_uuid())
    return physical_id, {"Id": physical_id}


def _remembered(name):
    """Handlers of a type that is created, updated and deleted without any effect."""

    def create(logical_id, props, stack):
        physical_id = props.get("Name") or logical_id
        arn = f"arn:aws:logs:us-east-1:000000000000:{name}:{physical_id}"
        return physical_id, {"Arn": arn, "DeliveryId": physical_id}

    def update(physical_id, old, new, stack, logical_id=None):
        return create(physical_id, new, stack)

    return {"create": create, "update": update, "delete": lambda physical_id, props: None}
