use wirebeat_std::Client;

use super::Arguments;
use crate::failure::Failure;

pub(crate) fn set_up(client: Client, _arguments: &Arguments) -> Result<Client, Failure> {
    Ok(client)
}
